var wt=Object.defineProperty;var xt=Object.getOwnPropertyDescriptor;var y=(r,e,t,i)=>{for(var n=i>1?void 0:i?xt(e,t):e,s=r.length-1,o;s>=0;s--)(o=r[s])&&(n=(i?o(e,t,n):o(n))||n);return i&&n&&wt(e,t,n),n};var te=globalThis,ie=te.ShadowRoot&&(te.ShadyCSS===void 0||te.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,be=Symbol(),He=new WeakMap,V=class{constructor(e,t,i){if(this._$cssResult$=!0,i!==be)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(ie&&e===void 0){let i=t!==void 0&&t.length===1;i&&(e=He.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),i&&He.set(t,e))}return e}toString(){return this.cssText}},Ne=r=>new V(typeof r=="string"?r:r+"",void 0,be),U=(r,...e)=>{let t=r.length===1?r[0]:e.reduce((i,n,s)=>i+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(n)+r[s+1],r[0]);return new V(t,r,be)},Ue=(r,e)=>{if(ie)r.adoptedStyleSheets=e.map(t=>t instanceof CSSStyleSheet?t:t.styleSheet);else for(let t of e){let i=document.createElement("style"),n=te.litNonce;n!==void 0&&i.setAttribute("nonce",n),i.textContent=t.cssText,r.appendChild(i)}},we=ie?r=>r:r=>r instanceof CSSStyleSheet?(e=>{let t="";for(let i of e.cssRules)t+=i.cssText;return Ne(t)})(r):r;var{is:At,defineProperty:St,getOwnPropertyDescriptor:Et,getOwnPropertyNames:Rt,getOwnPropertySymbols:Tt,getPrototypeOf:kt}=Object,ne=globalThis,De=ne.trustedTypes,Ct=De?De.emptyScript:"",Lt=ne.reactiveElementPolyfillSupport,F=(r,e)=>r,W={toAttribute(r,e){switch(e){case Boolean:r=r?Ct:null;break;case Object:case Array:r=r==null?r:JSON.stringify(r)}return r},fromAttribute(r,e){let t=r;switch(e){case Boolean:t=r!==null;break;case Number:t=r===null?null:Number(r);break;case Object:case Array:try{t=JSON.parse(r)}catch{t=null}}return t}},re=(r,e)=>!At(r,e),je={attribute:!0,type:String,converter:W,reflect:!1,useDefault:!1,hasChanged:re};Symbol.metadata??=Symbol("metadata"),ne.litPropertyMetadata??=new WeakMap;var E=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=je){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let i=Symbol(),n=this.getPropertyDescriptor(e,i,t);n!==void 0&&St(this.prototype,e,n)}}static getPropertyDescriptor(e,t,i){let{get:n,set:s}=Et(this.prototype,e)??{get(){return this[t]},set(o){this[t]=o}};return{get:n,set(o){let a=n?.call(this);s?.call(this,o),this.requestUpdate(e,a,i)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??je}static _$Ei(){if(this.hasOwnProperty(F("elementProperties")))return;let e=kt(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(F("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(F("properties"))){let t=this.properties,i=[...Rt(t),...Tt(t)];for(let n of i)this.createProperty(n,t[n])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[i,n]of t)this.elementProperties.set(i,n)}this._$Eh=new Map;for(let[t,i]of this.elementProperties){let n=this._$Eu(t,i);n!==void 0&&this._$Eh.set(n,t)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let i=new Set(e.flat(1/0).reverse());for(let n of i)t.unshift(we(n))}else e!==void 0&&t.push(we(e));return t}static _$Eu(e,t){let i=t.attribute;return i===!1?void 0:typeof i=="string"?i:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,t=this.constructor.elementProperties;for(let i of t.keys())this.hasOwnProperty(i)&&(e.set(i,this[i]),delete this[i]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Ue(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,i){this._$AK(e,i)}_$ET(e,t){let i=this.constructor.elementProperties.get(e),n=this.constructor._$Eu(e,i);if(n!==void 0&&i.reflect===!0){let s=(i.converter?.toAttribute!==void 0?i.converter:W).toAttribute(t,i.type);this._$Em=e,s==null?this.removeAttribute(n):this.setAttribute(n,s),this._$Em=null}}_$AK(e,t){let i=this.constructor,n=i._$Eh.get(e);if(n!==void 0&&this._$Em!==n){let s=i.getPropertyOptions(n),o=typeof s.converter=="function"?{fromAttribute:s.converter}:s.converter?.fromAttribute!==void 0?s.converter:W;this._$Em=n;let a=o.fromAttribute(t,s.type);this[n]=a??this._$Ej?.get(n)??a,this._$Em=null}}requestUpdate(e,t,i,n=!1,s){if(e!==void 0){let o=this.constructor;if(n===!1&&(s=this[e]),i??=o.getPropertyOptions(e),!((i.hasChanged??re)(s,t)||i.useDefault&&i.reflect&&s===this._$Ej?.get(e)&&!this.hasAttribute(o._$Eu(e,i))))return;this.C(e,t,i)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,t,{useDefault:i,reflect:n,wrapped:s},o){i&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,o??t??this[e]),s!==!0||o!==void 0)||(this._$AL.has(e)||(this.hasUpdated||i||(t=void 0),this._$AL.set(e,t)),n===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(t){Promise.reject(t)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[n,s]of this._$Ep)this[n]=s;this._$Ep=void 0}let i=this.constructor.elementProperties;if(i.size>0)for(let[n,s]of i){let{wrapped:o}=s,a=this[n];o!==!0||this._$AL.has(n)||a===void 0||this.C(n,void 0,s,a)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(i=>i.hostUpdate?.()),this.update(t)):this._$EM()}catch(i){throw e=!1,this._$EM(),i}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(t=>t.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(t=>this._$ET(t,this[t])),this._$EM()}updated(e){}firstUpdated(e){}};E.elementStyles=[],E.shadowRootOptions={mode:"open"},E[F("elementProperties")]=new Map,E[F("finalized")]=new Map,Lt?.({ReactiveElement:E}),(ne.reactiveElementVersions??=[]).push("2.1.2");var Ae=globalThis,Ie=r=>r,se=Ae.trustedTypes,qe=se?se.createPolicy("lit-html",{createHTML:r=>r}):void 0,Se="$lit$",R=`lit$${Math.random().toFixed(9).slice(2)}$`,Ee="?"+R,Pt=`<${Ee}>`,O=document,G=()=>O.createComment(""),Z=r=>r===null||typeof r!="object"&&typeof r!="function",Re=Array.isArray,Ge=r=>Re(r)||typeof r?.[Symbol.iterator]=="function",xe=`[ 	
\f\r]`,K=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Be=/-->/g,Ve=/>/g,M=RegExp(`>|${xe}(?:([^\\s"'>=/]+)(${xe}*=${xe}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Fe=/'/g,We=/"/g,Ze=/^(?:script|style|textarea|title)$/i,Te=r=>(e,...t)=>({_$litType$:r,strings:e,values:t}),h=Te(1),$=Te(2),oi=Te(3),T=Symbol.for("lit-noChange"),p=Symbol.for("lit-nothing"),Ke=new WeakMap,z=O.createTreeWalker(O,129);function Qe(r,e){if(!Re(r)||!r.hasOwnProperty("raw"))throw Error("invalid template strings array");return qe!==void 0?qe.createHTML(e):e}var Ye=(r,e)=>{let t=r.length-1,i=[],n,s=e===2?"<svg>":e===3?"<math>":"",o=K;for(let a=0;a<t;a++){let c=r[a],u,g,l=-1,m=0;for(;m<c.length&&(o.lastIndex=m,g=o.exec(c),g!==null);)m=o.lastIndex,o===K?g[1]==="!--"?o=Be:g[1]!==void 0?o=Ve:g[2]!==void 0?(Ze.test(g[2])&&(n=RegExp("</"+g[2],"g")),o=M):g[3]!==void 0&&(o=M):o===M?g[0]===">"?(o=n??K,l=-1):g[1]===void 0?l=-2:(l=o.lastIndex-g[2].length,u=g[1],o=g[3]===void 0?M:g[3]==='"'?We:Fe):o===We||o===Fe?o=M:o===Be||o===Ve?o=K:(o=M,n=void 0);let d=o===M&&r[a+1].startsWith("/>")?" ":"";s+=o===K?c+Pt:l>=0?(i.push(u),c.slice(0,l)+Se+c.slice(l)+R+d):c+R+(l===-2?a:d)}return[Qe(r,s+(r[t]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),i]},Q=class r{constructor({strings:e,_$litType$:t},i){let n;this.parts=[];let s=0,o=0,a=e.length-1,c=this.parts,[u,g]=Ye(e,t);if(this.el=r.createElement(u,i),z.currentNode=this.el.content,t===2||t===3){let l=this.el.content.firstChild;l.replaceWith(...l.childNodes)}for(;(n=z.nextNode())!==null&&c.length<a;){if(n.nodeType===1){if(n.hasAttributes())for(let l of n.getAttributeNames())if(l.endsWith(Se)){let m=g[o++],d=n.getAttribute(l).split(R),f=/([.?@])?(.*)/.exec(m);c.push({type:1,index:s,name:f[2],strings:d,ctor:f[1]==="."?ae:f[1]==="?"?ce:f[1]==="@"?de:N}),n.removeAttribute(l)}else l.startsWith(R)&&(c.push({type:6,index:s}),n.removeAttribute(l));if(Ze.test(n.tagName)){let l=n.textContent.split(R),m=l.length-1;if(m>0){n.textContent=se?se.emptyScript:"";for(let d=0;d<m;d++)n.append(l[d],G()),z.nextNode(),c.push({type:2,index:++s});n.append(l[m],G())}}}else if(n.nodeType===8)if(n.data===Ee)c.push({type:2,index:s});else{let l=-1;for(;(l=n.data.indexOf(R,l+1))!==-1;)c.push({type:7,index:s}),l+=R.length-1}s++}}static createElement(e,t){let i=O.createElement("template");return i.innerHTML=e,i}};function H(r,e,t=r,i){if(e===T)return e;let n=i!==void 0?t._$Co?.[i]:t._$Cl,s=Z(e)?void 0:e._$litDirective$;return n?.constructor!==s&&(n?._$AO?.(!1),s===void 0?n=void 0:(n=new s(r),n._$AT(r,t,i)),i!==void 0?(t._$Co??=[])[i]=n:t._$Cl=n),n!==void 0&&(e=H(r,n._$AS(r,e.values),n,i)),e}var oe=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:i}=this._$AD,n=(e?.creationScope??O).importNode(t,!0);z.currentNode=n;let s=z.nextNode(),o=0,a=0,c=i[0];for(;c!==void 0;){if(o===c.index){let u;c.type===2?u=new D(s,s.nextSibling,this,e):c.type===1?u=new c.ctor(s,c.name,c.strings,this,e):c.type===6&&(u=new le(s,this,e)),this._$AV.push(u),c=i[++a]}o!==c?.index&&(s=z.nextNode(),o++)}return z.currentNode=O,n}p(e){let t=0;for(let i of this._$AV)i!==void 0&&(i.strings!==void 0?(i._$AI(e,i,t),t+=i.strings.length-2):i._$AI(e[t])),t++}},D=class r{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,i,n){this.type=2,this._$AH=p,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=i,this.options=n,this._$Cv=n?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=H(this,e,t),Z(e)?e===p||e==null||e===""?(this._$AH!==p&&this._$AR(),this._$AH=p):e!==this._$AH&&e!==T&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Ge(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==p&&Z(this._$AH)?this._$AA.nextSibling.data=e:this.T(O.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:i}=e,n=typeof i=="number"?this._$AC(e):(i.el===void 0&&(i.el=Q.createElement(Qe(i.h,i.h[0]),this.options)),i);if(this._$AH?._$AD===n)this._$AH.p(t);else{let s=new oe(n,this),o=s.u(this.options);s.p(t),this.T(o),this._$AH=s}}_$AC(e){let t=Ke.get(e.strings);return t===void 0&&Ke.set(e.strings,t=new Q(e)),t}k(e){Re(this._$AH)||(this._$AH=[],this._$AR());let t=this._$AH,i,n=0;for(let s of e)n===t.length?t.push(i=new r(this.O(G()),this.O(G()),this,this.options)):i=t[n],i._$AI(s),n++;n<t.length&&(this._$AR(i&&i._$AB.nextSibling,n),t.length=n)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let i=Ie(e).nextSibling;Ie(e).remove(),e=i}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},N=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,i,n,s){this.type=1,this._$AH=p,this._$AN=void 0,this.element=e,this.name=t,this._$AM=n,this.options=s,i.length>2||i[0]!==""||i[1]!==""?(this._$AH=Array(i.length-1).fill(new String),this.strings=i):this._$AH=p}_$AI(e,t=this,i,n){let s=this.strings,o=!1;if(s===void 0)e=H(this,e,t,0),o=!Z(e)||e!==this._$AH&&e!==T,o&&(this._$AH=e);else{let a=e,c,u;for(e=s[0],c=0;c<s.length-1;c++)u=H(this,a[i+c],t,c),u===T&&(u=this._$AH[c]),o||=!Z(u)||u!==this._$AH[c],u===p?e=p:e!==p&&(e+=(u??"")+s[c+1]),this._$AH[c]=u}o&&!n&&this.j(e)}j(e){e===p?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},ae=class extends N{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===p?void 0:e}},ce=class extends N{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==p)}},de=class extends N{constructor(e,t,i,n,s){super(e,t,i,n,s),this.type=5}_$AI(e,t=this){if((e=H(this,e,t,0)??p)===T)return;let i=this._$AH,n=e===p&&i!==p||e.capture!==i.capture||e.once!==i.once||e.passive!==i.passive,s=e!==p&&(i===p||n);n&&this.element.removeEventListener(this.name,this,i),s&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},le=class{constructor(e,t,i){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=i}get _$AU(){return this._$AM._$AU}_$AI(e){H(this,e)}},Je={M:Se,P:R,A:Ee,C:1,L:Ye,R:oe,D:Ge,V:H,I:D,H:N,N:ce,U:de,B:ae,F:le},Mt=Ae.litHtmlPolyfillSupport;Mt?.(Q,D),(Ae.litHtmlVersions??=[]).push("3.3.3");var Xe=(r,e,t)=>{let i=t?.renderBefore??e,n=i._$litPart$;if(n===void 0){let s=t?.renderBefore??null;i._$litPart$=n=new D(e.insertBefore(G(),s),s,void 0,t??{})}return n._$AI(r),n};var ke=globalThis,A=class extends E{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=Xe(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return T}};A._$litElement$=!0,A.finalized=!0,ke.litElementHydrateSupport?.({LitElement:A});var zt=ke.litElementPolyfillSupport;zt?.({LitElement:A});(ke.litElementVersions??=[]).push("4.2.2");var Ot={attribute:!0,type:String,converter:W,reflect:!1,hasChanged:re},Ht=(r=Ot,e,t)=>{let{kind:i,metadata:n}=t,s=globalThis.litPropertyMetadata.get(n);if(s===void 0&&globalThis.litPropertyMetadata.set(n,s=new Map),i==="setter"&&((r=Object.create(r)).wrapped=!0),s.set(t.name,r),i==="accessor"){let{name:o}=t;return{set(a){let c=e.get.call(this);e.set.call(this,a),this.requestUpdate(o,c,r,!0,a)},init(a){return a!==void 0&&this.C(o,void 0,r,a),a}}}if(i==="setter"){let{name:o}=t;return function(a){let c=this[o];e.call(this,a),this.requestUpdate(o,c,r,!0,a)}}throw Error("Unsupported decorator location: "+i)};function k(r){return(e,t)=>typeof t=="object"?Ht(r,e,t):((i,n,s)=>{let o=n.hasOwnProperty(s);return n.constructor.createProperty(s,i),o?Object.getOwnPropertyDescriptor(n,s):void 0})(r,e,t)}function b(r){return k({...r,state:!0,attribute:!1})}var et={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},tt=r=>(...e)=>({_$litDirective$:r,values:e}),he=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,i){this._$Ct=e,this._$AM=t,this._$Ci=i}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}};var{I:Nt}=Je,it=r=>r;var nt=()=>document.createComment(""),j=(r,e,t)=>{let i=r._$AA.parentNode,n=e===void 0?r._$AB:e._$AA;if(t===void 0){let s=i.insertBefore(nt(),n),o=i.insertBefore(nt(),n);t=new Nt(s,o,r,r.options)}else{let s=t._$AB.nextSibling,o=t._$AM,a=o!==r;if(a){let c;t._$AQ?.(r),t._$AM=r,t._$AP!==void 0&&(c=r._$AU)!==o._$AU&&t._$AP(c)}if(s!==n||a){let c=t._$AA;for(;c!==s;){let u=it(c).nextSibling;it(i).insertBefore(c,n),c=u}}}return t},C=(r,e,t=r)=>(r._$AI(e,t),r),Ut={},rt=(r,e=Ut)=>r._$AH=e,st=r=>r._$AH,ue=r=>{r._$AR(),r._$AA.remove()};var ot=(r,e,t)=>{let i=new Map;for(let n=e;n<=t;n++)i.set(r[n],n);return i},me=tt(class extends he{constructor(r){if(super(r),r.type!==et.CHILD)throw Error("repeat() can only be used in text expressions")}dt(r,e,t){let i;t===void 0?t=e:e!==void 0&&(i=e);let n=[],s=[],o=0;for(let a of r)n[o]=i?i(a,o):o,s[o]=t(a,o),o++;return{values:s,keys:n}}render(r,e,t){return this.dt(r,e,t).values}update(r,[e,t,i]){let n=st(r),{values:s,keys:o}=this.dt(e,t,i);if(!Array.isArray(n))return this.ut=o,s;let a=this.ut??=[],c=[],u,g,l=0,m=n.length-1,d=0,f=s.length-1;for(;l<=m&&d<=f;)if(n[l]===null)l++;else if(n[m]===null)m--;else if(a[l]===o[d])c[d]=C(n[l],s[d]),l++,d++;else if(a[m]===o[f])c[f]=C(n[m],s[f]),m--,f--;else if(a[l]===o[f])c[f]=C(n[l],s[f]),j(r,c[f+1],n[l]),l++,f--;else if(a[m]===o[d])c[d]=C(n[m],s[d]),j(r,n[l],n[m]),m--,d++;else if(u===void 0&&(u=ot(o,d,f),g=ot(a,l,m)),u.has(a[l]))if(u.has(a[m])){let v=g.get(o[d]),P=v!==void 0?n[v]:null;if(P===null){let Oe=j(r,n[l]);C(Oe,s[d]),c[d]=Oe}else c[d]=C(P,s[d]),j(r,n[l],P),n[v]=null;d++}else ue(n[m]),m--;else ue(n[l]),l++;for(;d<=f;){let v=j(r,c[f+1]);C(v,s[d]),c[d++]=v}for(;l<=m;){let v=n[l++];v!==null&&ue(v)}return this.ut=o,rt(r,c),T}});var Dt="call_recorder";async function Ce(r,e,t){try{let{response:i}=await r.callService(Dt,e,t,void 0,!1,!0);return i??{}}catch(i){throw new Error(await Le(r,i),{cause:i})}}async function Le(r,e){let{translation_domain:t,translation_key:i}=e;if(t&&i){let s=(await r.loadBackendTranslation("exceptions",t))(`component.${t}.exceptions.${i}.message`,e.translation_placeholders);if(s)return s}return e.message??String(e)}var at=[1,2,5,10],ct=new WeakMap;function dt(r){let e=ct.get(r);return e||(e=new Pe(r),ct.set(r,e)),e}function jt(r,e){let{changed:t,ended:i,...n}=e,s={...r,...n};if(t||i){let o=new Map((r.active??[]).map(a=>[a.id,a]));for(let a of i??[])o.delete(a);for(let a of t??[])o.set(a.id,a);s.active=[...o.values()]}return s}var Pe=class{constructor(e){this.connection=e;this.listeners=new Set;this.clockOffset=0;this.generation=0;this.subscribe=async()=>{this.close();let e=this.generation;for(let t=0;e===this.generation;t+=1)try{let i=await this.connection.subscribeMessage(n=>e===this.generation&&this.receive(n),{type:"call_recorder/subscribe"},{resubscribe:!1});e===this.generation?this.unsubscribe=i:await i();return}catch{let i=at[Math.min(t,at.length-1)];await new Promise(n=>setTimeout(n,i*1e3))}};this.forget=()=>{this.unsubscribe=void 0,this.close()}}now(){return Date.now()+this.clockOffset}listen(e){return this.listeners.add(e),this.listeners.size===1&&(this.connection.addEventListener("disconnected",this.forget),this.connection.addEventListener("ready",this.subscribe),this.subscribe()),()=>{this.listeners.delete(e),this.listeners.size===0&&(this.connection.removeEventListener("disconnected",this.forget),this.connection.removeEventListener("ready",this.subscribe),this.close())}}close(){this.generation+=1,this.unsubscribe?.().catch(()=>{}),this.unsubscribe=void 0}receive(e){e.type==="snapshot"?(this.clockOffset=Date.parse(e.now)-Date.now(),this.recorders=e.recorders):this.recorders=this.recorders?.map(t=>t.entry_id===e.recorder.entry_id?jt(t,e.recorder):t);for(let t of this.listeners)t()}};function I(r){let e=Math.max(0,Math.floor(r)),t=s=>String(s).padStart(2,"0"),i=Math.floor(e/3600),n=Math.floor(e/60)%60;return i?`${i}:${t(n)}:${t(e%60)}`:`${n}:${t(e%60)}`}function Y(r,e){let t=Math.max(0,Math.floor(e)),i=(o,a)=>new Intl.NumberFormat(r.locale.language,{style:"unit",unit:a,unitDisplay:"long"}).format(o),n=Math.floor(t/3600),s=Math.floor(t/60)%60;return[n&&i(n,"hour"),s&&i(s,"minute"),i(t%60,"second")].filter(Boolean).join(" ")}function lt(r,e,t){let{language:i,time_format:n,time_zone:s}=r.locale,o={hour:"numeric",minute:"2-digit",...n==="12"||n==="24"?{hour12:n==="12"}:{},...s==="server"?{timeZone:r.config.time_zone}:{}},a=new Intl.DateTimeFormat(i,{day:"numeric",month:"short",...o.timeZone?{timeZone:o.timeZone}:{}}),c=new Date(e);return a.format(c)!==a.format(t)&&Object.assign(o,{day:"numeric",month:"short"}),new Intl.DateTimeFormat(i,o).format(c)}function fe(r){return r.name??r.number??void 0}var It={record:$`<circle cx="12" cy="12" r="7" />`,idle:$`<path fill-rule="evenodd" d="M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14m0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10" />`,pause:$`<path d="M7 5h4v14H7zM13 5h4v14h-4z" />`,play:$`<path d="M8 5v14l11-7z" />`,stop:$`<path d="M6 6h12v12H6z" />`,alert:$`<path fill-rule="evenodd" d="M12 2.5 23 21.5H1zM11 10v5h2v-5zm0 6.5v2h2v-2z" />`,close:$`<path d="M6.4 5 5 6.4l5.6 5.6L5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6L19 6.4 17.6 5 12 10.6z" />`,incoming:$`<path d="M19 6.4 17.6 5 8 14.6V9H6v9h9v-2H9.4z" />`,outgoing:$`<path d="M5 17.6 6.4 19 16 9.4V15h2V6H9v2h5.6z" />`,internal:$`<path d="m8 7-5 5 5 5v-4h8v4l5-5-5-5v4H8z" />`,today:$`<path fill-rule="evenodd" d="M7 2h2v2h6V2h2v2h3v17H4V4h3zm-1 7v10h12V9z" />`};function _(r){return $`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${It[r]}</svg>`}function ht(r,e){let t=e.recorder?r.flatMap(d=>d.lines).find(d=>d.device_id===e.recorder):void 0,i=t?[e.recorder]:e.lines??[],n=r.filter(d=>(t||!e.recorder||d.device_id===e.recorder)&&(!i.length||d.lines.some(f=>i.includes(f.device_id??"")))),s=d=>!i.length||i.includes(d.device_id??""),o=[],a=[],c=[];for(let d of n){let f=new Set(d.lines.filter(s).map(v=>v.id));for(let v of J(d)??[])(!i.length||v.lines.some(P=>f.has(P)))&&o.push({recorder:d,recording:v});for(let v of d.recent??[])(!i.length||v.lines.some(P=>f.has(P)))&&c.push({recorder:d,recording:v});for(let v of d.lines.filter(s))a.push(qt(d,v))}let u=i.length?0:n.filter(J).reduce((d,f)=>d+f.unlisted,0),g=o.filter(({recording:d})=>d.is_paused!==null),l=a.filter(({line:d})=>d.not_recorded!==null),m=n.map(d=>d.today).filter(d=>d!==null);return{recorders:n,active:n.some(J)?o.sort(pt):void 0,count:n.some(J)?o.length+u:void 0,lines:a,recent:n.some(d=>d.recent!==null)?c.sort(pt).slice(0,10):void 0,paused:g.length&&!u?g.filter(({recording:d})=>d.is_paused).length:void 0,notRecorded:l.length?l.filter(({line:d})=>d.not_recorded).length:void 0,today:!i.length&&m.length?m.reduce((d,f)=>d+f,0):void 0}}function J({available:r,active:e}){return r?e:null}function qt(r,e){let t=J(r),i=(t??[]).filter(s=>s.lines.includes(e.id)).sort((s,o)=>ge(s)-ge(o)),n="idle";return e.not_recorded?n="not-recorded":t===null?n="unknown":i.length&&(n=i.every(s=>s.is_paused)?"paused":"recording"),{recorder:r,line:e,status:n,recording:i[0]}}function pt(r,e){return ge(e.recording)-ge(r.recording)}function ge(r){return r.started_at===null?0:Date.parse(r.started_at)}var ve=U`
:host {
--recording: var(--red-color, #f44336);
--paused: var(--amber-color, #ffc107);
--not-recorded: var(--deep-orange-color, #ff6f22);
--radius: var(--ha-border-radius-lg, 12px);
color: var(--primary-text-color);
}
* {
box-sizing: border-box;
}
.icon {
width: 1.5em;
height: 1.5em;
fill: currentColor;
flex: none;
vertical-align: middle;
}
button,
a.button {
font: inherit;
color: inherit;
background: none;
border: 0;
border-radius: 999px;
cursor: pointer;
text-decoration: none;
-webkit-tap-highlight-color: transparent;
}
button:focus-visible,
a:focus-visible,
input:focus-visible,
[tabindex]:focus-visible {
outline: 2px solid var(--primary-color);
outline-offset: 2px;
}
button:disabled {
cursor: default;
opacity: 0.5;
}
.round {
width: 40px;
height: 40px;
padding: 0;
display: inline-grid;
place-items: center;
flex: none;
}
.text {
min-width: 40px;
min-height: 40px;
padding: 0 6px;
font-size: 0.9em;
font-variant-numeric: tabular-nums;
flex: none;
}
.filled {
min-height: 36px;
padding: 0 14px;
font-weight: 500;
background: color-mix(in srgb, var(--tint, var(--primary-color)) 18%, transparent);
}
.main {
background: color-mix(in srgb, var(--primary-color) 18%, transparent);
}
@media (hover: hover) {
.round:hover:not(:disabled),
.text:hover:not(:disabled) {
background: color-mix(in srgb, currentColor 10%, transparent);
}
.filled:hover:not(:disabled) {
background: color-mix(in srgb, var(--tint, var(--primary-color)) 30%, transparent);
}
}
`,ut=U`
:host {
display: block;
height: 100%;
font-size: var(--ha-font-size-m, 14px);
line-height: 1.35;
}
ha-card {
height: 100%;
display: flex;
flex-direction: column;
container-type: inline-size;
overflow: hidden;
}
.head {
display: flex;
flex-wrap: wrap;
align-items: center;
gap: 8px 16px;
padding: 14px 16px 10px;
}
h2 {
flex: 1 1 8em;
min-width: 0;
margin: 0;
font-size: 1.3em;
font-weight: 500;
line-height: 1.2;
overflow-wrap: anywhere;
}
h3 {
margin: 0;
padding: 0 16px 6px;
font-size: 0.95em;
font-weight: 500;
color: var(--secondary-text-color);
}
.visually-hidden {
position: absolute;
width: 1px;
height: 1px;
margin: -1px;
overflow: hidden;
clip-path: inset(50%);
white-space: nowrap;
}
/* Counts */
dl.counts {
display: flex;
flex-wrap: wrap;
gap: 6px;
margin: 0;
}
.counts > div {
display: flex;
align-items: center;
gap: 5px;
padding-block: 3px;
padding-inline: 7px 11px;
border-radius: 999px;
background: color-mix(in srgb, var(--tint, var(--secondary-text-color)) 12%, transparent);
}
.counts .icon {
width: 1.25em;
height: 1.25em;
color: var(--tint, var(--secondary-text-color));
}
.counts dt {
order: 2;
}
.counts dd {
margin: 0;
font-weight: 600;
font-variant-numeric: tabular-nums;
}
.neutral {
--tint: var(--secondary-text-color);
}
.recording {
--tint: var(--recording);
}
.paused {
--tint: var(--paused);
}
.not-recorded {
--tint: var(--not-recorded);
}
/* The body scrolls where the dashboard gives the card a height. */
.body {
flex: 1;
min-height: 0;
overflow: auto;
display: grid;
grid-template-columns: minmax(0, 1fr);
align-content: start;
gap: 10px;
padding-bottom: 12px;
}
.columns,
.columns > div {
display: grid;
grid-template-columns: minmax(0, 1fr);
align-content: start;
gap: 14px;
}
.body:focus-visible {
outline-offset: -2px;
}
ul {
list-style: none;
margin: 0;
padding: 0;
}
ul.rows {
max-height: var(--call-recorder-list-height, 26em);
overflow: auto;
}
/* On a wall nobody scrolls. */
ul.rows.active {
max-height: var(--call-recorder-list-height, max(26em, 55vh));
}
ul.rows:focus-visible {
outline-offset: -2px;
}
.rows > li {
padding-block: 4px;
padding-inline: 16px 8px;
content-visibility: auto;
contain-intrinsic-size: auto 56px;
}
.row {
display: flex;
align-items: center;
gap: 12px;
min-height: 48px;
}
.disc {
width: 36px;
height: 36px;
border-radius: 50%;
display: grid;
place-items: center;
flex: none;
color: var(--tint, var(--secondary-text-color));
background: color-mix(in srgb, var(--tint, var(--secondary-text-color)) 18%, transparent);
}
.rows .main {
width: 36px;
height: 36px;
}
.names {
flex: 1;
min-width: 0;
}
.names > * {
display: flex;
align-items: center;
gap: 4px;
min-width: 0;
}
.names .icon {
width: 1.1em;
height: 1.1em;
}
.ellipsis {
overflow: hidden;
text-overflow: ellipsis;
white-space: nowrap;
}
.primary {
font-weight: 500;
}
.secondary {
white-space: nowrap;
font-size: 0.9em;
color: var(--secondary-text-color);
}
time.clock {
font-size: 1.15em;
font-weight: 500;
font-variant-numeric: tabular-nums;
flex: none;
}
.duration {
margin-inline-end: 8px;
font-variant-numeric: tabular-nums;
}
.actions {
display: flex;
flex: none;
}
.question {
display: flex;
flex-wrap: wrap;
align-items: center;
justify-content: flex-end;
gap: 8px;
padding-bottom: 8px;
padding-inline-end: 8px;
}
p.empty {
display: flex;
align-items: center;
gap: 8px;
margin: 0;
padding: 6px 16px 10px;
color: var(--secondary-text-color);
}
.rows + p.empty {
padding-top: 10px;
}
p.empty a {
color: var(--primary-text-color);
}
.notice {
display: flex;
align-items: center;
gap: 8px;
margin: 0 12px;
padding-block: 4px;
padding-inline: 12px 4px;
min-height: 44px;
border-radius: var(--radius);
background: color-mix(in srgb, var(--tint, var(--primary-color)) 14%, transparent);
}
.notice > .icon {
color: var(--tint, var(--primary-color));
}
.notice.warning {
--tint: var(--warning-color, #ffa600);
}
.notice.refused {
--tint: var(--error-color, #db4437);
}
.notice span {
flex: 1;
min-width: 0;
overflow-wrap: anywhere;
}
/* Lines */
ul.lines {
display: grid;
grid-template-columns: repeat(auto-fill, minmax(min(100%, 18em), 1fr));
gap: 8px;
padding: 0 12px;
}
.lines > li {
display: flex;
align-items: center;
gap: 10px;
min-width: 0;
padding-block: 6px;
padding-inline: 10px 8px;
min-height: 56px;
border-radius: var(--radius);
border: 1px solid var(--divider-color);
}
.lines > li.recording,
.lines > li.paused {
border-color: color-mix(in srgb, var(--tint) 45%, transparent);
}
.lines > li.not-recorded {
border: 2px solid var(--tint);
background: color-mix(in srgb, var(--tint) 16%, transparent);
}
.lines .secondary {
white-space: normal;
}
.lines .disc {
width: 32px;
height: 32px;
}
/* One recording is played at a time. */
call-recorder-player {
padding-block: 2px 6px;
}
@keyframes breathe {
50% {
opacity: 0.45;
}
}
.recording .disc .icon {
animation: breathe 2s ease-in-out infinite;
}
@media (prefers-reduced-motion: reduce) {
.recording .disc .icon {
animation: none;
}
}
@container (max-width: 380px) {
.head {
padding: 12px 12px 8px;
}
h3,
p.empty {
padding-inline: 12px;
}
.rows > li {
padding-inline: 12px 6px;
}
.row {
gap: 6px;
flex-wrap: wrap;
row-gap: 0;
}
.names {
flex-basis: 6.5em;
}
.actions {
margin-inline-start: auto;
}
.actions .round {
width: 36px;
}
/* A whole number is worth more: the color and the icon show a pause, too. */
.active .secondary > :first-child ~ .detail {
display: none;
}
}
@container (min-width: 760px) {
.wide .columns {
grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
}
.wide ul.rows {
max-height: var(--call-recorder-list-height, 42em);
}
}
/* A whole page scrolls as one. */
:host([layout="panel"]) ul.rows {
max-height: none;
}
:host([layout="panel"]) {
font-size: clamp(14px, 0.6vw + 8px, 22px);
}
`;var Me={card_name:"Call Recorder",card_description:"Which calls are being recorded now, with buttons to start, pause and stop, and the latest recordings to listen to.",wallboard_name:"Call Recorder wallboard",wallboard_description:"A screen for the office: who is being recorded, every line, what is not recorded, and the numbers of the day.",recorder:"Recorder",recorder_helper:"Recorder to show. Leave it empty to show all of them.",lines:"Lines",lines_helper:"Show only these lines. Leave it empty to show all of them.",show:"Show",title:"Title",show_counts:"Counts",show_active:"Calls that are being recorded",show_start:"Lines, with a button to start recording",show_recent:"Latest recordings",suggestion_recorder:"This recorder",suggestion_line:"This line",heading_active:"Being recorded",heading_lines:"Lines",heading_recent:"Latest recordings",count_active:"Recording",count_paused:"Paused",count_not_recorded:"Not recorded",count_today:"Today",loading:"Loading…",no_recorder:"No recorder is set up.",add_recorder:"Add a recorder",recorder_missing:"This recorder is not loaded.",unavailable:"{recorder} does not answer.",not_yet_known:"What {recorder} records is not known yet.",no_active:"No call is being recorded.",more_active:"And {count} more.",no_recent:"There are no recordings yet.",state_recording:"Recording",state_paused:"Paused",state_idle:"No recording",state_not_recorded:"Not recorded",direction_incoming:"incoming",direction_outgoing:"outgoing",direction_internal:"internal",start:"Record",start_line:"Record {line}",pause_call:"Pause the recording of {call}",resume_call:"Resume the recording of {call}",stop_call:"Stop the recording of {call}",stop_question:"Stop recording?",stop:"Stop",keep:"Keep recording",started:"{line}: recording has started.",pending:"{line}: the recorder will start as soon as it can.",already_recording:"{line}: the call is being recorded already.",dismiss:"Dismiss",saving:"Being saved",failed:"Could not be saved",play_recording:"Play the recording of {call}, {time}",player:"Player",play:"Play",pause:"Pause",position:"Position",position_text:"{position} of {duration}",back:"Back 10 seconds",forward:"Forward 10 seconds",speed:"Speed {speed}",close_player:"Close the player",cannot_play:"The recording could not be played.",view_now:"Now",view_statistics:"Statistics",today_title:"Today",channels_title:"Calls recorded at the same time"};var Ft=["de","es","fr","it","nl","pt-BR","zh-Hans"],ft={},mt={};function gt(r){return[r,r.split("-")[0]].find(e=>Ft.includes(e))}async function q(r=document.documentElement.lang){let e=gt(r);e&&await(mt[e]??=fetch(new URL(`translations/${e}.json`,import.meta.url)).then(async t=>{t.ok&&(ft[e]=await t.json())}).catch(()=>{delete mt[e]}))}function L(r){let e=ft[gt(r??"en")??"en"]??Me;return(t,i={})=>(e[t]??Me[t]).replace(/\{(\w+)\}/g,(n,s)=>String(i[s]??""))}function S(){return L(document.documentElement.lang)}var B=["counts","active","start","recent"],Wt={idle:"idle",unknown:"idle",recording:"record",paused:"pause","not-recorded":"alert"},Kt={idle:"state_idle",recording:"state_recording",paused:"state_paused","not-recorded":"state_not_recorded"},Gt=200,Zt=8e3;function vt({recording:{media_content_id:r}}){return({recording:e})=>e.media_content_id===r}var x=class extends A{constructor(){super(...arguments);this.busy=new Set}static getStubConfig(){return{show:B}}static getConfigForm(){let t=S();return{schema:[{name:"title",selector:{text:{}}},{name:"recorder",selector:{device:{filter:[{integration:"call_recorder"}]}}},{name:"lines",selector:{device:{filter:[{integration:"call_recorder",model:"Line"}],multiple:!0}}},{name:"show",selector:{select:{multiple:!0,mode:"list",options:B.map(s=>({value:s,label:t(`show_${s}`)}))}}}],computeLabel:({name:s})=>t(s),computeHelper:({name:s})=>s==="recorder"||s==="lines"?t(`${s}_helper`):void 0}}setConfig(t){let{recorder:i,lines:n,show:s,title:o}=t;for(let[c,u]of Object.entries({recorder:i,title:o}))if(u!==void 0&&typeof u!="string")throw new Error(`${c} must be a text`);for(let[c,u]of Object.entries({lines:n,show:s}))if(u!==void 0&&!Array.isArray(u))throw new Error(`${c} must be a list`);let a=s?.find(c=>!B.includes(c));if(a)throw new Error(`show knows ${B.join(", ")}, but not ${a}`);this.config=t}getCardSize(){return 6}getGridOptions(){return{columns:12,rows:"auto",min_columns:6,min_rows:2}}get hass(){return this._hass}set hass(t){let i=this._hass;this._hass=t,t?.connection!==i?.connection&&this.follow(),t&&t.language!==i?.language&&q(t.language).then(()=>this.requestUpdate()),(t?.language!==i?.language||t?.locale!==i?.locale||t?.themes.darkMode!==i?.themes.darkMode)&&this.requestUpdate()}connectedCallback(){super.connectedCallback(),this.timer=window.setInterval(()=>this.tick(),1e3),this.follow()}disconnectedCallback(){super.disconnectedCallback(),window.clearInterval(this.timer),this.stopListening?.(),this.stopListening=void 0,this.playing=void 0}follow(){this.stopListening?.(),this.stopListening=void 0,!(!this._hass||!this.isConnected)&&(this.feed=dt(this._hass.connection),this.stopListening=this.feed.listen(()=>this.requestUpdate()),this.requestUpdate())}tick(){if(document.hidden||!this.feed)return;let t=this.feed.now();for(let i of this.renderRoot.querySelectorAll("time.clock"))i.textContent=I((t-Date.parse(i.dataset.since))/1e3)}updated(){this.tick()}clock(t){return t?h`<time class="clock" data-since=${t}></time>`:p}render(){if(!this.config||!this._hass)return p;let t=L(this._hass.language),{recorders:i}=this.feed??{},n=ht(i??[],this.config),s=a=>(this.config?.show??B).includes(a),o=s("active")&&(s("start")||s("recent"));return h`
<ha-card style=${`color-scheme: ${this._hass.themes.darkMode?"dark":"light"}`}>
<div class="head">
<h2>${this.cardTitle(n,t)}</h2>
${s("counts")&&n.recorders.length?this.counts(n,t):p}
</div>
<div class="body ${o?"wide":""}">
${this.notice?this.noticeRow(this.notice,t):p}
${i?this.troubles(i,n,t):h`<p class="empty">${t("loading")}</p>`}
${n.recorders.length?h`<div class="columns">
${s("active")?h`<div>${this.activeSection(n,t)}</div>`:p}
${s("start")||s("recent")?h`<div>
${s("start")&&n.lines.length?this.lineSection(n,t):p}
${s("recent")&&n.recent?this.recentSection(n.recent,t):p}
</div>`:p}
</div>`:p}
</div>
<div class="visually-hidden" role="status">
${this.notice&&!this.notice.isRefusal?this.notice.text:p}
</div>
</ha-card>
`}cardTitle({recorders:t,lines:i},n){return this.config?.title?this.config.title:this.config?.lines?.length===1&&i[0]?i[0].line.name:this.config?.recorder&&t[0]?t[0].name:n("card_name")}heading(t,i){return(this.config?.show??B).filter(s=>s!=="counts").length>1?h`<h3>${i(t)}</h3>`:p}counts(t,i){let n=[["recording","record","count_active",t.count],["paused","pause","count_paused",t.paused||void 0],["not-recorded","alert","count_not_recorded",t.notRecorded||void 0],["","today","count_today",t.today]];return h`<dl class="counts">
${n.map(([s,o,a,c])=>c===void 0?p:h`<div class=${c?s:""}>
<dt>${i(a)}</dt>
<dd>${_(o)} ${this.number(c)}</dd>
</div>`)}
</dl>`}noticeRow({text:t,isRefusal:i},n){return h`<div class="notice ${i?"refused":""}" role=${i?"alert":p}>
${_(i?"alert":"record")}
<span>${t}</span>
<button class="round" aria-label=${n("dismiss")} @click=${()=>this.notice=void 0}>
${_("close")}
</button>
</div>`}troubles(t,i,n){return t.length?i.recorders.length?i.recorders.map(({available:s,active:o,name:a})=>s?o===null?h`<p class="empty">${n("not_yet_known",{recorder:a})}</p>`:p:h`<div class="notice warning">
${_("alert")}<span>${n("unavailable",{recorder:a})}</span>
</div>`):h`<p class="empty">${n("recorder_missing")}</p>`:h`<p class="empty">
<span>${n("no_recorder")}</span>
${this._hass?.user?.is_admin?h`<a href="/config/integrations/dashboard/add?domain=call_recorder">${n("add_recorder")}</a>`:p}
</p>`}activeSection({active:t,count:i=0},n){if(!t)return p;let s=t.slice(0,Gt),o=i-s.length;return h`<section>
${this.heading("heading_active",n)}
${s.length?h`<ul class="rows active" tabindex="0" aria-label=${n("heading_active")}>
${me(s,({recorder:a,recording:c})=>a.entry_id+c.id,({recorder:a,recording:c})=>this.activeRow(a,c,n))}
</ul>`:h`<p class="empty">${_("idle")} ${n("no_active")}</p>`}
${o>0?h`<p class="empty">${n("more_active",{count:this.number(o)})}</p>`:p}
</section>`}activeRow(t,i,n){let{id:s,is_paused:o}=i,a=this.callName(t,i.lines,i.local);return h`<li class=${o?"paused":"recording"}>
<div class="row">
<span class="disc">${_(o?"pause":"record")}</span>
<span class="visually-hidden">${n(o?"state_paused":"state_recording")}</span>
${this.names(a,i,o?n("state_paused"):void 0,n)}
${this.clock(i.started_at)}
<div class="actions">
${t.can_pause&&o!==null?h`<button
class="round"
aria-label=${n(o?"resume_call":"pause_call",{call:a})}
?disabled=${this.busy.has(s)}
@click=${()=>this.steer(o?"resume":"pause",t,s)}
>
${_(o?"record":"pause")}
</button>`:p}
${t.can_stop?h`<button
class="round"
aria-label=${n("stop_call",{call:a})}
aria-expanded=${this.stopping===s}
?disabled=${this.busy.has(s)}
@click=${()=>this.stopping=this.stopping===s?void 0:s}
>
${_("stop")}
</button>`:p}
</div>
</div>
${this.stopping===s?this.stopQuestion(t,s,n):p}
</li>`}stopQuestion(t,i,n){return h`<div class="question" role="group" aria-label=${n("stop_question")}>
<span>${n("stop_question")}</span>
<button class="filled neutral" @click=${this.keep}>${n("keep")}</button>
<button class="filled" @click=${()=>this.steer("stop",t,i)}>${n("stop")}</button>
</div>`}keep(t){this.stopping=void 0,t.target.closest("li")?.querySelector("button[aria-expanded]")?.focus()}names(t,i,n,s){let{direction:o}=i,a=o&&o!=="unknown"?o:void 0;return h`<div class="names">
<div class="primary"><span class="ellipsis" dir="auto" title=${t}>${t}</span></div>
<div class="secondary">
${a?h`${_(a)}<span class="visually-hidden">${s(`direction_${a}`)}</span>`:p}
${this.party(i.remote)}
${n?h`<span class="detail">${fe(i.remote)?"· ":""}${n}</span>`:p}
</div>
</div>`}party(t){let i=fe(t),n=t.name?"auto":"ltr";return i?h`<span class="ellipsis" dir=${n} title=${i}>${i}</span>`:p}callName(t,i,n){return t.lines.filter(({id:o})=>i.includes(o)).map(({name:o})=>o).join(", ")||fe(n)||t.name}number(t){return t.toLocaleString(this._hass?.locale.language)}lineSection({lines:t},i){return h`<section>
${this.heading("heading_lines",i)}
<ul class="lines">
${me(t,({line:n})=>n.id,n=>this.lineTile(n,i))}
</ul>
</section>`}lineTile({line:t,status:i,recording:n},s){let o=i==="unknown"?"":s(Kt[i]),a=t.start&&(i==="idle"||i==="not-recorded");return h`<li class=${i}>
<span class="disc">${_(Wt[i])}</span>
<div class="names">
<div class="primary"><span class="ellipsis" dir="auto" title=${t.name}>${t.name}</span></div>
<div class="secondary">${o}</div>
</div>
${i==="recording"||i==="paused"?this.clock(n?.started_at):p}
${a?h`<button
class="filled recording"
aria-label=${s("start_line",{line:t.name})}
?disabled=${this.busy.has(t.id)}
@click=${()=>this.start(t)}
>
${s("start")}
</button>`:p}
</li>`}recentSection(t,i){let{playing:n}=this,s=n&&!t.some(vt(n))?[...t,n]:t;return h`<section>
${this.heading("heading_recent",i)}
${s.length?h`<ul class="rows" tabindex="0" aria-label=${i("heading_recent")}>
${me(s,({recording:o})=>o.media_content_id,o=>this.recentRow(o,i))}
</ul>`:h`<p class="empty">${i("no_recent")}</p>`}
</section>`}recentRow(t,i){let{recorder:n,recording:s}=t,{state:o,started_at:a,duration:c}=s,u=this.callName(n,s.lines,s.local),g=a&&this.feed?lt(this._hass,a,this.feed.now()):"",l=this.playing!==void 0&&vt(this.playing)(t),m=o==="saving"?i("saving"):o==="error"?i("failed"):void 0;return h`<li>
<div class="row">
${m?h`<span class="disc">${_(o==="error"?"alert":"idle")}</span>`:h`<button
class="round main"
aria-expanded=${l}
aria-label=${l?i("close_player"):i("play_recording",{call:u,time:g})}
@click=${()=>this.playing=l?void 0:t}
>
${_(l?"close":"play")}
</button>`}
${this.names(u,s,m??g,i)}
${c===null?p:h`<span class="secondary duration" aria-label=${Y(this._hass,c)} role="img">
${I(c)}
</span>`}
</div>
${l?h`<call-recorder-player .hass=${this._hass} .recording=${s}></call-recorder-player>`:p}
</li>`}start({id:t,name:i,start:n}){return this.command(t,async(s,o)=>{let{result:a}=await Ce(s,"start_recording",{...n,ensure:!0});return o(a==="pending"||a==="already_recording"?a:"started",{line:i})})}steer(t,i,n){return this.stopping=void 0,this.command(n,async s=>{await Ce(s,`${t}_recording`,{config_entry_id:i.entry_id,recording_id:n})})}async command(t,i){let n=this._hass;if(!(!n||this.busy.has(t))){this.busy=new Set([...this.busy,t]),this.notice=void 0;try{let s=await i(n,L(n.language));s&&this.say(s)}catch(s){this.notice={text:s.message,isRefusal:!0}}finally{this.busy=new Set([...this.busy].filter(s=>s!==t))}}}say(t){let i={text:t,isRefusal:!1};this.notice=i,window.setTimeout(()=>{this.notice===i&&(this.notice=void 0)},Zt)}static{this.styles=[ve,ut]}};y([k({reflect:!0})],x.prototype,"layout",2),y([b()],x.prototype,"config",2),y([b()],x.prototype,"notice",2),y([b()],x.prototype,"busy",2),y([b()],x.prototype,"stopping",2),y([b()],x.prototype,"playing",2),y([k({attribute:!1,noAccessor:!0})],x.prototype,"hass",1);var ze=[1,1.5,2],ye=10,Qt=6*3600,w=class extends A{constructor(){super(...arguments);this.speed=1;this.playing=!1;this.position=0;this.duration=0}get audio(){return this.renderRoot.querySelector("audio")}connectedCallback(){super.connectedCallback(),!this.url&&(this.duration=this.recording.duration??0,this.resolve())}disconnectedCallback(){super.disconnectedCallback(),queueMicrotask(()=>this.stop())}stop(){this.isConnected||(this.audio?.pause(),this.audio?.removeAttribute("src"),this.audio?.load(),this.url=void 0)}async resolve(){try{let{url:t}=await this.hass.callWS({type:"media_source/resolve_media",media_content_id:this.recording.media_content_id,expires:Qt});this.isConnected&&(this.url=t)}catch(t){this.error=await Le(this.hass,t)}}render(){let t=L(this.hass.language);if(this.error!==void 0)return h`<p role="alert">${_("alert")} ${this.error||t("cannot_play")}</p>`;let i=t("position_text",{position:Y(this.hass,this.position),duration:Y(this.hass,this.duration)});return h`
<div class="player" role="group" dir="ltr" aria-label=${t("player")}>
${this.url?h`<audio
src=${this.url}
autoplay
@play=${()=>this.playing=!0}
@pause=${()=>this.playing=!1}
@timeupdate=${this.readPosition}
@durationchange=${this.readDuration}
@error=${()=>this.error=""}
></audio>`:p}
<button
class="round main"
aria-label=${t(this.playing?"pause":"play")}
?disabled=${!this.url}
@click=${this.toggle}
>
${_(this.playing?"pause":"play")}
</button>
<button class="text" aria-label=${t("back")} @click=${()=>this.seek(this.position-ye)}>
−${ye}
</button>
<span class="time" aria-hidden="true">${I(this.position)}</span>
<input
type="range"
min="0"
max=${Math.max(1,Math.round(this.duration))}
step="1"
.value=${String(Math.round(this.position))}
style=${`--played: ${this.duration?100*this.position/this.duration:0}%`}
aria-label=${t("position")}
aria-valuetext=${i}
@input=${n=>this.seek(Number(n.target.value))}
/>
<span class="time" aria-hidden="true">${I(this.duration)}</span>
<button class="text" aria-label=${t("forward")} @click=${()=>this.seek(this.position+ye)}>
+${ye}
</button>
<button class="text" aria-label=${t("speed",{speed:this.speed})} @click=${this.nextSpeed}>
${this.speed}×
</button>
</div>
`}toggle(){let{audio:t}=this;t?.paused?t.play().catch(()=>{}):t?.pause()}seek(t){let{audio:i}=this;i&&(i.currentTime=Math.min(Math.max(0,t),this.duration||1/0),this.position=i.currentTime)}nextSpeed(){this.speed=ze[(ze.indexOf(this.speed)+1)%ze.length],this.audio&&(this.audio.playbackRate=this.speed)}readPosition(){this.position=this.audio?.currentTime??0}readDuration(){let t=this.audio?.duration;t&&Number.isFinite(t)&&(this.duration=t)}static{this.styles=[ve,U`
:host {
display: block;
}
.player {
display: flex;
align-items: center;
gap: 4px;
}
p {
margin: 4px 0;
color: var(--primary-text-color);
}
p .icon {
color: var(--error-color);
}
.time {
font-variant-numeric: tabular-nums;
font-size: 0.85em;
color: var(--secondary-text-color);
}
input {
flex: 1;
min-width: 48px;
height: 40px;
margin: 0;
background: none;
appearance: none;
cursor: pointer;
}
input::-webkit-slider-runnable-track {
height: 4px;
border-radius: 2px;
background: linear-gradient(
to right,
var(--primary-color) var(--played),
var(--divider-color) var(--played)
);
}
input::-webkit-slider-thumb {
appearance: none;
width: 14px;
height: 14px;
margin-top: -5px;
border-radius: 50%;
background: var(--primary-color);
}
input::-moz-range-track {
height: 4px;
border-radius: 2px;
background: var(--divider-color);
}
input::-moz-range-progress {
height: 4px;
border-radius: 2px;
background: var(--primary-color);
}
input::-moz-range-thumb {
width: 14px;
height: 14px;
border: 0;
background: var(--primary-color);
}
@container (max-width: 380px) {
.player {
flex-wrap: wrap;
}
input {
order: 9;
flex-basis: 100%;
height: 28px;
}
.time ~ .time::before {
content: "/ ";
}
}
`]}};y([k({attribute:!1})],w.prototype,"hass",2),y([k({attribute:!1})],w.prototype,"recording",2),y([b()],w.prototype,"url",2),y([b()],w.prototype,"error",2),y([b()],w.prototype,"speed",2),y([b()],w.prototype,"playing",2),y([b()],w.prototype,"position",2),y([b()],w.prototype,"duration",2);var _e=class extends HTMLElement{static{this.noEditor=!0}static{this.registryDependencies=["entities","devices"]}static getCreateSuggestions(){return{title:S()("card_name"),icon:"mdi:record-rec"}}static async generate({recorder:e},t){await q(t.language);let i=L(t.language),n=Yt(t),s=n.filter(({device:o})=>!e||o.id===e);return{title:i("card_name"),views:[Jt(s,e?{recorder:e}:{},i),...(n.length>1?n:[]).map(o=>Xt(o,i))]}}};function Yt(r){let e=Object.values(r.entities).filter(n=>n?.platform==="call_recorder"),t=new Set(e.map(n=>n.device_id)),i=Object.values(r.devices).filter(n=>n!==void 0&&t.has(n.id)).sort((n,s)=>ee(n).localeCompare(ee(s)));return i.filter(n=>!n.via_device_id).map(n=>({device:n,entities:new Map(e.filter(s=>s.device_id===n.id&&!s.hidden).map(s=>[`${s.entity_id.split(".")[0]}.${s.translation_key}`,s.entity_id])),lines:i.filter(s=>s.via_device_id===n.id)}))}function ee(r){return r.name_by_user??r.name??""}function X(r,e){return{type:"custom:call-recorder-card",show:r,grid_options:{columns:"full"},...e}}function Jt(r,e,t){let i=r.some(({lines:n})=>n.length);return{title:t("view_now"),path:"now",icon:"mdi:record-rec",type:"sections",max_columns:3,sections:[$e(2,[X(["counts","active"],{...e,title:t("heading_active")}),...i?[X(["start"],{...e,title:t("heading_lines")})]:[],...r.length?[_t(r,t)]:[]]),$e(1,[X(["recent"],{...e,title:t("heading_recent")}),...r.length?[{type:"heading",heading:t("today_title"),icon:"mdi:calendar-today"},...r.flatMap(n=>ei(n,r.length>1))]:[]])]}}function Xt(r,e){let{device:t,entities:i}=r,n=["active_recordings","paused_recordings","longest_active_duration","recordings_today","recorded_time_today","archived_recordings"];return{title:ee(t),path:`recorder-${t.id}`,type:"sections",max_columns:3,sections:[$e(2,[X(["counts","active","start"],{recorder:t.id}),X(["recent"],{recorder:t.id,title:e("heading_recent")})]),$e(1,[{type:"heading",heading:e("view_statistics"),icon:"mdi:chart-bar"},...n.flatMap(s=>yt(i.get(`sensor.${s}`),{type:"entity"})),_t([r],e)])]}}function $e(r,e){return{type:"grid",column_span:r,cards:e}}function ei({device:r,entities:e},t){let i=t?ee(r):{type:"entity"};return["recordings_today","recorded_time_today"].flatMap(n=>yt(e.get(`sensor.${n}`),i))}function yt(r,e){return r?[{type:"tile",entity:r,name:e,grid_options:{columns:"full"}}]:[]}function _t(r,e){return{type:"statistics-graph",title:e("channels_title"),entities:r.flatMap(({device:t,entities:i})=>{let n=i.get("sensor.active_recordings");return n?[{entity:n,name:ee(t)}]:[]}),stat_types:["max"],chart_type:"bar",period:"hour",days_to_show:2,grid_options:{columns:"full",rows:5}}}var $t="https://github.com/call-recorder/call-recorder";function bt(r,e){r.some(({type:t})=>t===e.type)||r.push(e)}q();bt(window.customCards??=[],{type:"call-recorder-card",get name(){return S()("card_name")},get description(){return S()("card_description")},preview:!0,documentationURL:$t,getEntitySuggestion(r,e){let t=r.entities[e];if(t?.platform!=="call_recorder"||!t.device_id)return null;let i=r.devices[t.device_id]?.via_device_id,n=S();return{config:{type:"custom:call-recorder-card",...i?{recorder:i,lines:[t.device_id]}:{recorder:t.device_id}},label:n(i?"suggestion_line":"suggestion_recorder")}}});bt(window.customStrategies??=[],{type:"call-recorder-wallboard",strategyType:"dashboard",get name(){return S()("wallboard_name")},get description(){return S()("wallboard_description")},documentationURL:$t});for(;!window.customElements.get("home-assistant");)await new Promise(r=>setTimeout(r,25));for(let[r,e]of[["call-recorder-player",w],["call-recorder-card",x],["ll-strategy-dashboard-call-recorder-wallboard",_e]])window.customElements.get(r)||window.customElements.define(r,e);
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
@lit/reactive-element/decorators/custom-element.js:
@lit/reactive-element/decorators/property.js:
@lit/reactive-element/decorators/state.js:
@lit/reactive-element/decorators/event-options.js:
@lit/reactive-element/decorators/base.js:
@lit/reactive-element/decorators/query.js:
@lit/reactive-element/decorators/query-all.js:
@lit/reactive-element/decorators/query-async.js:
@lit/reactive-element/decorators/query-assigned-nodes.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/decorators/query-assigned-elements.js:
  (**
   * @license
   * Copyright 2021 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
